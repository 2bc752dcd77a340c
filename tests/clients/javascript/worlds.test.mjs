// 400 tests at the same time, each in a world of its own, of one simulator; with fetch alone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeWorld } from "./chatsim.mjs";
import { arrived } from "./parcels.mjs";

const CHAT = "/mini-app-runtime/v1/chat";
const RESIDENT = "2b7e1d60-94c3-4f5a-8a1b-6d0c3e9f7a01";

describe("worlds", { concurrency: 40 }, () => {
  for (let number = 0; number < 400; number += 1) {
    test(`world ${number}`, async () => {
      const world = await makeWorld({ clock: { mode: "frozen", at: "2026-01-01T12:00:00Z" } });
      try {
        const outage = number % 2 === 1;
        if (outage) await world.call("POST", "/faults", { match: { path: CHAT }, act: { status: 503 } });
        const answer = await arrived(world.baseUrl, RESIDENT);
        assert.equal(answer.status, outage ? 503 : 200);
        assert.equal(answer.headers.get("x-sim-entry"), "2");
        const { entries } = await world.call("GET", "/journal");
        assert.equal(entries.length, 2);
        assert.deepEqual(entries.filter((entry) => entry.bug), []);
      } finally {
        await world.delete();
      }
    });
  }
});
