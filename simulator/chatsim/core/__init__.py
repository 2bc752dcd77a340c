"""The pure heart of the simulator: no network, no event loop, no wall clock, no chance."""
