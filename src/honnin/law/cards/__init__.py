"""Cards in law: what ends one, who may have something done with it, its PINs, its loss, the kiosk."""
