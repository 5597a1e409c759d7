/** Keeps other programs from writing a file. */
export interface Lock {
  /** Whether its path still leads to what is locked. @throws the system's error */
  isAtPath(): Promise<boolean>
  close(): Promise<void>
}
