const express = require('express');

const app = express();
app.get('/healthz', (request, response) => response.send('ok'));
app.use('/orders', require('./routes'));

const server = app.listen(3000);
