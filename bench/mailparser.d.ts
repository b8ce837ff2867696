// The package has no types of its own; this is as much as the benches use.
declare module "mailparser" {
  export const simpleParser: (raw: Uint8Array) => Promise<{ readonly subject?: string }>
}
