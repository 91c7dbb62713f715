// The page starts here.
