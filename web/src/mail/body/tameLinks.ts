/** Lets links lead only where links may, in a page of their own that learns nothing of this one. */
export const tameLinks = (body: HTMLElement): void => {
  for (const link of body.querySelectorAll("a[href], area[href]")) {
    const href = link.getAttribute("href")?.trim() ?? ""
    const isWeb = /^https?:/i.test(href) && URL.canParse(href)
    if (isWeb) {
      link.setAttribute("target", "_blank")
      link.setAttribute("rel", "noopener noreferrer nofollow")
      link.setAttribute("referrerpolicy", "no-referrer")
    } else if (!/^(?:mailto:|tel:|#)/i.test(href)) link.removeAttribute("href")
  }
}
