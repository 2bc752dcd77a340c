// A service written for Node's own fetch and FormData: `node service.mjs <base URL> <photo> <document>`.
// It prints one line of JSON with what it was answered.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const [base, photo, document] = process.argv.slice(2);
const service = "partner-app-server";
const user = encodeURIComponent("john.doe@gmail.com");
const told = {};

const token = await fetch(`${base}/auth/realms/flutter/protocol/openid-connect/token`, {
  method: "POST",
  headers: { Authorization: `Basic ${Buffer.from(`${service}:a secret`).toString("base64")}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
}).then((answer) => answer.json());
const headers = { Authorization: `Bearer ${token.access_token}` };
const post = async (path, options) => {
  const answer = await fetch(`${base}/auth/realms/flutter/mpower/v1/users/${user}/${path}`, { method: "POST", ...options });
  return { status: answer.status, body: await answer.json() };
};
const message = (messageType, messageContent) => ({ serviceUuid: service, messageType, version: 3, messageContent });

told.text = await post("message", {
  headers: { ...headers, "Content-Type": "application/json" },
  body: JSON.stringify(message("processChatMessage", { messageText: "Hi \u{1F44B}" })),
});

const attachment = new FormData();
attachment.append("attachment", new Blob([await readFile(photo)], { type: "image/jpeg" }), basename(photo));
attachment.append("message", JSON.stringify(message("attachmentMessage", { messageText: "" })));
told.attachment = await post("media", { headers, body: attachment });

const signature = new FormData();
signature.append("signatureFile", new Blob([await readFile(document)], { type: "application/pdf" }), basename(document));
const corners = { bottomLeftXCoordinate: 8, bottomLeftYCoordinate: 6, topRightXCoordinate: 52, topRightYCoordinate: 16 };
const data = { version: 3, pageNumber: 1, ...corners, serviceUuid: service, messageText: "Please sign" };
signature.append("signatureData", new Blob([JSON.stringify(data)], { type: "application/json" }), "data.json");
told.signature = await post("signature", { headers, body: signature });

told.refused = await post("message", { headers: { "Content-Type": "application/json" }, body: "{}" });
console.log(JSON.stringify(told));
