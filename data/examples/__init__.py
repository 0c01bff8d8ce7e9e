"""What fills a page before a visitor has done anything."""
