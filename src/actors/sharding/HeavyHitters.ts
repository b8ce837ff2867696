/**
 * The heaviest of very many names in bounded memory. Where more than twice the capacity are known, what the one in the
 * middle has is taken off everybody, and who has nothing left is forgotten (Misra and Gries, "Finding repeated elements").
 * So a name's weight here is too low by at most a part of the whole of one in `capacity`, and never too high.
 */
export class HeavyHitters<Name, About> {
  readonly #capacity: number
  readonly #known = new Map<Name, { readonly about: About; weight: number }>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(name: Name, about: About, weight: number): void {
    const known = this.#known.get(name)
    if (known !== undefined) {
      known.weight += weight
      return
    }
    this.#known.set(name, { about, weight })
    if (this.#known.size > 2 * this.#capacity) this.#forget()
  }

  /** All weights change by a factor. */
  scale(factor: number): void {
    for (const known of this.#known.values()) known.weight *= factor
  }

  /** The heaviest first. */
  top(count: number): ReadonlyArray<{ readonly name: Name; readonly about: About; readonly weight: number }> {
    return Array.from(this.#known, ([name, { about, weight }]) => ({ name, about, weight }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, count)
  }

  #forget(): void {
    const weights = Float64Array.from(this.#known.values(), ({ weight }) => weight).sort()
    const cut = weights[this.#capacity] ?? 0
    for (const [name, known] of this.#known) {
      known.weight -= cut
      if (known.weight <= 0) this.#known.delete(name)
    }
  }
}
