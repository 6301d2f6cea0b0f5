"""How sure students that never saw an entity are of it: k folds, several seeds."""
