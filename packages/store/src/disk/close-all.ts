/** Close all, one after the other, even if one fails. @throws the first error */
export async function closeAll(resources: readonly { close(): Promise<void> }[]): Promise<void> {
  const failures: unknown[] = []
  for (const resource of resources) await resource.close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
