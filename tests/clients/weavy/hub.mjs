// SignalR's own client as a process: subscribes to the names it is told, and prints what comes as lines of JSON.
import { createInterface } from "node:readline";
import { HubConnectionBuilder, HttpTransportType, LogLevel } from "@microsoft/signalr";

const [server, token, skip] = process.argv.slice(2);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const options = { accessTokenFactory: () => token };
if (skip) Object.assign(options, { skipNegotiation: true, transport: HttpTransportType.WebSockets });

const connection = new HubConnectionBuilder()
  .configureLogging(LogLevel.None)
  .withUrl(`${server}/hubs/rtm`, options)
  .withAutomaticReconnect([0])
  .build();
connection.onreconnected(() => say({ event: "reconnected" }));

try {
  await connection.start();
  say({ event: "started" });
} catch (error) {
  say({ event: "refused", message: String(error.message || error) });
  process.exit(0);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { method, name } = JSON.parse(line);
  if (method === "Subscribe") connection.on(name, (payload) => say({ event: name, payload }));
  try {
    say({ event: "completed", result: await connection.invoke(method, name) });
  } catch (error) {
    say({ event: "failed", message: error.message });
  }
}
await connection.stop();
