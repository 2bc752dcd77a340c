// A chat plugin's front end without a screen: authenticates, connects with @stomp/stompjs, subscribes, sends.
// Takes one JSON command per line on stdin and says one JSON event per line on stdout.
//   node visitor.mjs <package> <base url> <channel id>
import { createInterface } from "node:readline";
import WebSocket from "ws";

const [library, baseUrl, channelId] = process.argv.slice(2);
const loaded = await import(library);
const { Client } = loaded.Client ? loaded : loaded.default; // version 6 is no module of the modern kind
Object.assign(globalThis, { WebSocket });

const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
let token;
let client;

const post = async (call, body, headers = {}) => {
  const answer = await fetch(`${baseUrl}/chatplugin.${call}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
};

const commands = {
  async authenticate({ resumeToken }) {
    const answer = await post("authenticate", { channel_id: channelId, ...(resumeToken && { resume_token: resumeToken }) });
    token = answer.body?.token;
    say("authenticated", answer);
  },
  connect({ with: other, heartBeat = 4000, reconnectMs = 0 }) {
    client = new Client({
      brokerURL: `${baseUrl.replace("http", "ws")}/ws.chatplugin`,
      connectHeaders: { Authorization: `Bearer ${other ?? token}` },
      heartbeatIncoming: heartBeat,
      heartbeatOutgoing: heartBeat,
      reconnectDelay: reconnectMs,
      debug: (line) => {
        if (line.endsWith("PONG") || line.endsWith("PING")) say(line.endsWith("PONG") ? "beat-in" : "beat-out");
      },
      onConnect: (frame) => {
        client.subscribe("/user/queue/message", (message) => say("message", JSON.parse(message.body)));
        say("connected", { headers: frame.headers });
      },
      onStompError: (frame) => say("error", { message: frame.headers.message }),
      onWebSocketClose: ({ code }) => say("closed", { code }),
    });
    client.activate();
  },
  async send({ text }) {
    say("sent", await post("send", { message: { text } }, { Authorization: `Bearer ${token}` }));
  },
  async resumeToken() {
    say("resume-token", await post("resumeToken", {}, { Authorization: `Bearer ${token}` }));
  },
  async deactivate() {
    await client.deactivate();
    say("deactivated");
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...rest } = JSON.parse(line);
  await commands[call](rest);
}
