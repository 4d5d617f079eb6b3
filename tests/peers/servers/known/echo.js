// Echo servers of Node libraries with nothing but their defaults: `node echo.js NAME PORT`.
'use strict';

const http = require('node:http');

const servers = {
  ws(port) {
    const { WebSocketServer } = require('ws');
    const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: process.argv[4] === 'deflate' });
    server.on('connection', (ws) => {
      ws.on('error', () => {});
      ws.on('message', (data, binary) => ws.send(data, { binary }));
    });
  },
  websocket(port) {
    const { server: Server } = require('websocket');
    const httpServer = http.createServer((_, answer) => answer.writeHead(404).end());
    httpServer.listen(port, '127.0.0.1');
    const server = new Server({ httpServer });
    server.on('request', (request) => {
      const ws = request.accept(null, request.origin);
      ws.on('message', (m) => (m.type === 'utf8' ? ws.sendUTF(m.utf8Data) : ws.sendBytes(m.binaryData)));
    });
  },
  faye(port) {
    const WebSocket = require('faye-websocket');
    const server = http.createServer((_, answer) => answer.writeHead(404).end());
    server.on('upgrade', (request, socket, body) => {
      if (!WebSocket.isWebSocket(request)) return socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      const ws = new WebSocket(request, socket, body);
      ws.on('message', (event) => ws.send(event.data));
    });
    server.listen(port, '127.0.0.1');
  },
  sockjs(port) {
    const sockjs = require('sockjs').createServer({ prefix: '/echo', log: () => {} });
    sockjs.on('connection', (ws) => ws.on('data', (data) => ws.write(data)));
    const server = http.createServer((_, answer) => answer.writeHead(404).end());
    sockjs.installHandlers(server);
    server.listen(port, '127.0.0.1');
  },
  fastify(port) {
    const app = require('fastify')();
    app.register(require('@fastify/websocket'));
    app.register(async (routes) => {
      routes.get('/', { websocket: true }, (ws) => ws.on('message', (data, binary) => ws.send(data, { binary })));
    });
    app.listen({ host: '127.0.0.1', port });
  },
  express(port) {
    const { app } = require('express-ws')(require('express')());
    app.ws('/', (ws) => ws.on('message', (data) => ws.send(data)));
    app.listen(port, '127.0.0.1');
  },
  socketio(port) {
    const { Server } = require('socket.io');
    const server = http.createServer();
    new Server(server);
    server.listen(port, '127.0.0.1');
  },
  graphql(port) {
    const { useServer } = require('graphql-ws/use/ws');
    const { buildSchema } = require('graphql');
    const { WebSocketServer } = require('ws');
    const schema = buildSchema('type Query { hello: String }');
    useServer({ schema, rootValue: { hello: () => 'hi' } }, new WebSocketServer({ host: '127.0.0.1', port }));
  },
  rpc(port) {
    const { Server } = require('rpc-websockets');
    const server = new Server({ host: '127.0.0.1', port });
    server.register('sum', ([a, b]) => a + b);
  },
  peer(port) {
    require('peer').PeerServer({ host: '127.0.0.1', port, path: '/' });
  },
};

servers[process.argv[2]](Number(process.argv[3]));
