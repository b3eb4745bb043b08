"""What must be proven, and what an agent may do: the policy document, its rules and the decision."""
