"""The simulated network: an SMSC on loopback that is spoken to over real SMPP like any carrier.

It keeps everything in memory and within limits; when it stops, it forgets.
"""

from staffetta.connectors.simulated.handset import HandsetMessage
from staffetta.connectors.simulated.server import SimulatedNetwork, run_network
from staffetta.connectors.simulated.settings import NetworkSettings

__all__ = ["HandsetMessage", "NetworkSettings", "SimulatedNetwork", "run_network"]
