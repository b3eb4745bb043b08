"""Gates: statements over the ledger, judged. Evaluation, releases and the controller all read verdicts from here."""
