// Drives one real client: reads a command per line of standard input, writes an event per line of standard output.
// node run.js <package> <address> <token> [<prefix>]
// Commands: {"method": …, "with": …} of ChatService, {"endpoint": …, "with": …} of Client.call, {"join": …}, {"stream": …, "with": …}.
"use strict";
const readline = require("readline");

const [name, address, token, prefix] = process.argv.slice(2);
const say = (event) => process.stdout.write(JSON.stringify(event) + "\n");

let client, service;
if (name === "@m3o/m3o-node") {
  client = new (require(name).Client)({ token, address, prefix });
} else {
  service = new (require(`${name}/chat`).ChatService)(token);
  client = service.client;
  client.options.address = address;
}

const listen = (stream) => {
  stream.onMessage((frame) => say({ frame }));
  stream.onClose(() => say({ closed: true }));
  say({ value: "open" });
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const command = JSON.parse(line);
  try {
    if (command.method) say({ value: await service[command.method](command.with) });
    else if (command.endpoint) say({ value: await client.call("chat", command.endpoint, command.with) });
    else if (command.join) listen(await service.join(command.join));
    else listen(await client.stream("chat", command.stream, command.with));
  } catch (error) {
    say({ error: error instanceof Error ? String(error) : error });
  }
});
