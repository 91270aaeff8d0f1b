"""What all faces share: the site that answers, packed answers, problem documents."""
