//! Load balancers of clouds: what annotations and other objects say of them, and the behaviour that no file says.

mod application;
mod descriptor;
mod failure;
mod google;
mod product;
mod service;
mod table;
mod target_group;

pub use descriptor::{AWS_ALB, AWS_CLB, AWS_NLB, AWS_TARGET_GROUP, GOOGLE, OTHER};
