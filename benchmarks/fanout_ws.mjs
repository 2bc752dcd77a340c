// The yardstick of fan-out: the Node package `ws`, sending to every open socket what is posted to it.
//   node fanout_ws.mjs PORT
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const text = Buffer.concat(chunks).toString();
    response.end();
    for (const socket of sockets.clients) socket.send(text);
  });
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => socket.on("message", () => socket.send("ready")));
server.listen(Number(process.argv[2]), "127.0.0.1");
