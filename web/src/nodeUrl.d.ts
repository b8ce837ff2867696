/** The types of the calls lead to addresses of mail, which the server reads; a page runs none of that. */
declare module "node:url" {
  export const domainToASCII: (domain: string) => string
  export const domainToUnicode: (domain: string) => string
}
