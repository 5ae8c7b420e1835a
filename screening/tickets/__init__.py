"""Tickets: codes and first-use checks, their states, devices, delays after wrong tries."""
