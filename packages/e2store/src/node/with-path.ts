/**
 * Add the path to an error of the system about an open file, as the system does for errors about a path.
 *
 * @param work on the file at `path`
 */
export async function withPath<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && !('path' in error)) {
      error.message += ` '${path}'`
      Object.assign(error, { path })
    }
    throw error
  }
}
