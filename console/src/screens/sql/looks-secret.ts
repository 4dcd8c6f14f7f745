// As the prompt of `tenantry tenant sql` guesses. Of a statement that names such a thing the whole is left out: the value may stand on another line.
const SECRET =
  /passw|passphrase|pwd|secret|token|credential|api[_-]?key|private[_-]?key|bearer|crypt\s*\(|tny_[a-z0-9]{8}|:\/\/[^\s/:]*:[^\s/]*@/i

/** Does the statement look as if it held a password or a token? A guess, and no promise. */
export const looksSecret = (statement: string): boolean => SECRET.test(statement)
