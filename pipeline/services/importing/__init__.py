"""Import of files: read, translate, hand to the services, and take back.

`run_import` imports one file, `undo_import` takes a run back; `mapping.load_map` reads a map.
"""
