"""The simulated IB Gateway: a TCP server that speaks the TWS API text protocol."""
