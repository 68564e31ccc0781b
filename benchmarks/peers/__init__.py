"""The named networks in the peers: scripts that their own environments run."""
