"""Indicators, objectives, error budgets and their states: what live conversations must keep to, release by release."""

from remit.slo.actions import BudgetAction, BudgetActionKind
from remit.slo.burn_alerts import BURN_ALERTS, BurnAlert, BurnCounting, BurnCounts, BurnMonitor, burn_rates
from remit.slo.counting import BudgetCounting, BudgetCounts, BudgetMonitor
from remit.slo.indicators import INDICATORS, Indicator, Use
from remit.slo.objectives import Objective
from remit.slo.readout import BudgetReadout, BudgetState, read_budget

__all__ = [
    "BURN_ALERTS",
    "INDICATORS",
    "BudgetAction",
    "BudgetActionKind",
    "BudgetCounting",
    "BudgetCounts",
    "BudgetMonitor",
    "BudgetReadout",
    "BudgetState",
    "BurnAlert",
    "BurnCounting",
    "BurnCounts",
    "BurnMonitor",
    "Indicator",
    "Objective",
    "Use",
    "burn_rates",
    "read_budget",
]
