const http = require('node:http');

const port = 3000;

const server = http.createServer((request, response) => {
  if (request.method === 'POST') {
    request.resume().on('end', () => response.writeHead(202).end());
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('data: hello\n\n');
});

server.listen(port, '0.0.0.0', () => console.log(`listening on ${port}`));
