"""Months of simulated traffic in seconds, through the policy, ledger, gates and controller that real traffic meets."""
