//! Caddy 2, as its Caddyfile sets it: sites, and in them `reverse_proxy`, `php_fastcgi` and `forward_auth`. Behaviour read
//! in caddyserver/caddy@0cf03d3 and tried with 2.11.7.
//!
//! Names are looked up on each dial, so no address is ever kept. What a placeholder stands for is known only while a
//! request is served; a directive that is not known here says nothing.

mod address;
mod claim;
mod descriptor;
mod expand;
mod failure;
mod gateway;
mod lower;
mod place;
mod process;
mod product;
mod proxy;
mod site;
mod spell;
mod table;
mod unit;
mod upstreams;
mod words;

pub use descriptor::DESCRIPTOR;
