/** An address or a domain as it is kept; null = it is neither. The server looks closer. */
export const senderOf = (typed: string): string | null => {
  const text = typed.trim().toLowerCase().replace(/^@/, "")
  return /^([^\s@<>,;]+@)?[^\s@<>,;.]+(\.[^\s@<>,;.]+)+$/.test(text) ? text : null
}
