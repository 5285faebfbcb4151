"""What surrounds a vote: actions read and said, their dry run, signed papers, the register."""
