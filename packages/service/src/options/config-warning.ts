/** Something in a configuration that has no effect, and was hardly meant so. */
export interface ConfigWarning {
  /** Name of the log line. */
  readonly event: 'unknown-key' | 'unknown-variable' | 'service-address'
  /** What and where, for people. */
  readonly message: string
}
