"""Every change of a lead, its rounds and its deals.

`rows` holds what the set-based services (`moves.move_rounds`, `activities.record_activities`,
`assignments.assign_rounds`, `activities.record_dispositions`) take and give:

    move_rounds(*, moves: Sequence[Move], actor: str, origin: Origin, at: datetime,
                by: User | None = None, is_history: bool = False) -> list[MoveResult]
    record_activities(*, rows: Sequence[ActivityRow], actor: str, origin: Origin, at: datetime,
                      by: User | None = None) -> list[ActivityResult]
    assign_rounds(*, rows: Sequence[AssignmentRow], actor: str, origin: Origin, at: datetime)
        -> list[AssignmentResult]
    record_dispositions(*, rows: Sequence[DispositionRow], actor: str, origin: Origin,
                        at: datetime, by: User | None = None) -> list[DispositionResult]

Results come in the order of the rows. With `is_history` (imports) a move that contradicts what
is known is stored and flagged, not refused. `lifecycle` and `deals` act on one lead or deal.
"""
