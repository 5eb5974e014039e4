//! The load balancers of clouds as products: what may be asked of them from outside, as plain data.

use crate::model::behaviour::FAILING;
use crate::model::product::{Failure, Failures, Origin, Passing, Product};
use crate::product::load_balancer::failure;

/// AWS' Application Load Balancer.
pub static AWS_ALB: Product = balancer("AWS ALB", &[FAILING, failure::AWS_ALB], Origin::Network);
/// AWS' Classic Load Balancer with HTTP listeners.
pub static AWS_CLB: Product = balancer("AWS CLB", &[FAILING, failure::AWS_CLB], Origin::Container);
/// AWS' Network Load Balancer: it passes connections on and speaks no HTTP.
pub static AWS_NLB: Product = balancer("AWS NLB", &[failure::AWS_NLB], Origin::Container);
/// A target group of AWS whose load balancer is made elsewhere.
pub static AWS_TARGET_GROUP: Product = balancer("AWS target group", &[failure::AWS_TARGET_GROUP], Origin::Container);
/// Google Cloud's Application Load Balancer.
pub static GOOGLE: Product = balancer(
    "Google Cloud load balancer",
    &[FAILING, failure::GOOGLE],
    Origin::Container,
);
/// One that gatelint knows nothing of by itself.
pub static OTHER: Product = balancer("load balancer", &[FAILING, failure::OTHER], Origin::Container);

const fn balancer(name: &'static str, failures: &'static [&'static [Failure]], origin: Origin) -> Product {
    Product {
        name,
        stated_as: None,
        passing: Some(Passing {
            failures: Failures::alike(failures),
            origin,
            ..Passing::UNKNOWN
        }),
    }
}
