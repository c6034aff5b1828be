"""Floor 4: whom we believe. Root, directory, delegations, key bundles and agreements."""
