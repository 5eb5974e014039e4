const express = require('express');

const app = express();
app.get('/healthz', (request, response) => response.send('ok'));
app.use('/menu', require('./routes'));

const server = app.listen(3001);
// Longer than the load balancer keeps idle connections.
server.keepAliveTimeout = 65000;
server.headersTimeout = 66000;
