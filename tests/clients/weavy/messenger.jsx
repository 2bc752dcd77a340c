// The page that the tests drive: an unmodified Messenger and its badge, pointed at the simulator by the address.
import React from "react";
import { createRoot } from "react-dom/client";
import { ConversationBadge, Messenger, WeavyClient, WeavyProvider } from "@weavy/uikit-react";

const wanted = new URLSearchParams(location.search);

function tokenFactory(refresh) {
  return Promise.resolve((refresh && window.freshToken) || wanted.get("token"));
}

const client = new WeavyClient({ url: wanted.get("server"), tokenFactory });
window.hubConnections = [];
client.connection.onreconnected((id) => window.hubConnections.push(id));

createRoot(document.getElementById("app")).render(
  <WeavyProvider client={client}>
    <div id="badge"><ConversationBadge /></div>
    <Messenger />
  </WeavyProvider>,
);
