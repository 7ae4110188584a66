/** Asks the audit log as an auditor does: whether what stands in its tables can also be found over its HTTP face. */
export async function untraceable(auditUrl: string, auditorKey: string, eventIds: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const id of eventIds) {
    const response = await fetch(`${auditUrl}/v1/trace/${id}`, { headers: { authorization: `Bearer ${auditorKey}` } });
    if (!response.ok || !(await response.text()).includes(id)) missing.push(id);
  }
  return missing;
}
