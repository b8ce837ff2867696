/** Where the server has said that it cannot now: not all pages at the same moment. */
export const later = (again: () => void) => setTimeout(again, 1_000 + Math.random() * 1_000)
