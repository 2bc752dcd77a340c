"""The only layer that awaits: HTTP and WebSocket on aiohttp, deliveries, timers, start and stop."""
