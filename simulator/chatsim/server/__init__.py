"""The only layer that awaits: sockets, processes, certificates and real time."""
