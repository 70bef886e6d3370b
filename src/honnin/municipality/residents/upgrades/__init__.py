"""What an installation of an earlier version lacks, made up for when it is opened."""
