"""Speed and size of the simulator beside a bare handler and other simulators, on the machine it runs on."""
