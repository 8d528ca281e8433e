"""Operations by subject. Each fetches with access, calls one service or selector, and returns rows to write out."""
