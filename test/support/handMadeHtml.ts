import type { NamedHtml } from "./hostileHtml.ts"

const away = "http://evil.test/x"

/** Ways out of a message that are known to us: each would make a request, a window, a dialog, or leave the frame. */
const ways: ReadonlyArray<string> = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  `<img src="${away}" srcset="${away} 2x" lowsrc="${away}" dynsrc="${away}">`,
  `<picture><source srcset="${away}"><img alt="x"></picture>`,
  `<video autoplay src="${away}" poster="${away}"><source src="${away}"><track src="${away}" default></video>`,
  `<audio autoplay src="${away}"></audio><bgsound src="${away}">`,
  `<object data="${away}"></object><embed src="${away}"><applet code="${away}"></applet>`,
  `<iframe src="${away}"></iframe><iframe srcdoc="<script>top.alert(1)</script>"></iframe><frameset><frame src="${away}">`,
  `<link rel=stylesheet href="${away}"><link rel=preload as=image href="${away}"><link rel=prefetch href="${away}">`,
  `<link rel=dns-prefetch href="//evil.test"><link rel=preconnect href="${away}"><link rel=icon href="${away}">`,
  `<base href="${away}"><img src="pixel.png"><a href="page">x</a>`,
  `<meta http-equiv=refresh content="0;url=${away}">`,
  `<meta http-equiv="content-security-policy" content="default-src *">`,
  `<form action="${away}" id=f><input name=q autofocus onfocus=alert(1)><button>x</button></form><input type=image src="${away}">`,
  `<isindex action="${away}"><keygen><select autofocus onfocus=alert(1)></select><textarea autofocus onfocus=alert(1)></textarea>`,
  `<a href="javascript:alert(1)">x</a><a href="java&#10;script:alert(1)">x</a><a href="data:text/html,<script>alert(1)</script>">x</a>`,
  `<a href="${away}" ping="${away}" target=_top>x</a><map><area href="javascript:alert(1)" target=_parent></map>`,
  `<svg onload=alert(1)><image href="${away}"/><use href="${away}#a"/><script>alert(1)</script><a href="javascript:alert(1)"><text>x</text></a></svg>`,
  `<svg><style>@import "${away}";</style><filter id=f><feImage href="${away}"/></filter></svg><p style="filter:url(#f)">x</p>`,
  `<math href="javascript:alert(1)"><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>`,
  `<div style="background:url(${away})">x</div><div style='background-image:u\\72l(${away})'>x</div>`,
  `<div style="background:image-set('${away}' 1x);list-style:url(${away});cursor:url(${away}),auto;content:url(${away})">x</div>`,
  `<style>@import "${away}"; @import url(${away}); @font-face{font-family:x;src:url(${away})} p{font-family:x;border-image:url(${away}) 1}</style><p>x</p>`,
  `<style>p::before{content:url("${away}")} p{mask:url(${away});clip-path:url(${away}#a);shape-outside:url(${away})}</style><p>x</p>`,
  `<style>@namespace url(${away}); @document url(${away}){} @property --x{syntax:'<url>';inherits:false;initial-value:url(${away})}</style>`,
  `<style>html,body,h1,main,*{color:red!important;background:red!important;position:fixed!important;display:none!important}</style>x`,
  `<div style="position:fixed;inset:-1000px;z-index:2147483647;background:red">over everything</div>`,
  `<div style="height:300vh;width:300vw">grows</div>`,
  `<body background="${away}" onload=alert(1)><table background="${away}"><td background="${away}">x</body>`,
  `<dialog open>x</dialog><div popover=auto id=p>x</div><button popovertarget=p>x</button>`,
  `<details open ontoggle=alert(1)><summary>x</summary></details><marquee onstart=alert(1)>x</marquee>`,
  `<style>@keyframes x{} p{animation:x 1s}</style><p onanimationstart=alert(1)>x</p>`,
  `<img name=body><img name=head><form name=documentElement><img id=implementation></form>`,
  `<template><img src=x onerror=alert(1)></template><div><template shadowrootmode=open><img src=x onerror=alert(1)></template></div>`,
  `<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
  `<x-element onclick=alert(1) is=x>x</x-element><p is=x-p slot=x part=y>x</p>`,
  `</body></html><script>alert(1)</script><plaintext><script>alert(1)</script>`,
  `<!--[if IE]><script>alert(1)</script><![endif]--><?xml-stylesheet href="${away}"?><!DOCTYPE html SYSTEM "${away}">`,
  `<img src="//evil.test/x"><img src="\\\\evil.test\\x"><img src="/owa/images/x"><img src="blob:${away}"><img src="cid:missing">`,
  `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><image href='${away}'/></svg>">`,
  `${"<div>".repeat(3000)}deep${"</div>".repeat(3000)}`,
  `<table>${"<tr><td>".repeat(2000)}x</table>`,
  "\u0000<scr\u0000ipt>alert(1)</script>\uFEFF<img src=x o\u0000nerror=alert(1)>"
]

export const handMade: ReadonlyArray<NamedHtml> = ways.map((html) => ({ name: html.slice(0, 60), html }))
