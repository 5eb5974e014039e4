//! The load balancers of clouds as products: what may be asked of them from outside.

use crate::model::behaviour::FAILING;
use crate::model::product::{Failure, Failures, Passing, Product, Retries};
use crate::product::Descriptor;
use crate::product::load_balancer::failure;

/// AWS' Application Load Balancer.
pub static AWS_ALB: Descriptor = balancer("AWS ALB", &[FAILING, failure::AWS_ALB]);
/// AWS' Classic Load Balancer.
pub static AWS_CLB: Descriptor = balancer("AWS CLB", &[FAILING, failure::AWS_CLB]);
/// AWS' Network Load Balancer.
pub static AWS_NLB: Descriptor = balancer("AWS NLB", &[failure::AWS_NLB]);
/// A target group of AWS whose load balancer is made elsewhere.
pub static AWS_TARGET_GROUP: Descriptor = balancer("AWS target group", &[failure::AWS_TARGET_GROUP]);
/// Google Cloud's Application Load Balancer.
pub static GOOGLE: Descriptor = balancer("Google Cloud load balancer", &[FAILING, failure::GOOGLE]);
/// Any other.
pub static OTHER: Descriptor = balancer("load balancer", &[FAILING, failure::OTHER]);

const fn balancer(name: &'static str, failures: &'static [&'static [Failure]]) -> Descriptor {
    Descriptor::of(Product {
        name,
        stated_as: None,
        passing: Some(Passing {
            failures: Failures::of(failures),
            retries: Retries::NONE,
            named_in_paths: true,
        }),
    })
}
