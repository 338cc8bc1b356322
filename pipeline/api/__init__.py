"""The endpoints of leads, acts, decisions and deals."""
