/**
 * What a promise gives, if it does so in time.
 *
 * @param late what to throw else
 * @param onLate what to do with the result when it comes after all
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  ms: number,
  late: () => Error,
  onLate?: (value: T) => Promise<void>,
): Promise<T> {
  let isLate = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true
      reject(late())
    }, ms)
  })
  // Whatever comes of it later is nobody's concern, except what must be closed.
  promise.then(async (value) => isLate && onLate?.(value)).catch(() => undefined)
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
