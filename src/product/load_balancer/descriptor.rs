//! The load balancers of clouds as products: what may be asked of them from outside.

use std::sync::LazyLock;

use crate::model::Table;
use crate::model::behaviour::FAILING;
use crate::model::product::{Failure, Failures, Passing, Product, Retries};
use crate::product::Descriptor;
use crate::product::balancer::Balancer;
use crate::product::load_balancer::{OTHER_TABLE, application, failure, google, service};

/// AWS' Application Load Balancer.
pub static AWS_ALB: Descriptor = balancer(
    "AWS ALB",
    &[FAILING, failure::AWS_ALB],
    &Balancer {
        stated_as: Some("aws-alb"),
        table: &application::TABLE,
        idle_limits_response: true,
    },
);
/// AWS' Classic Load Balancer with HTTP listeners.
pub static AWS_CLB: Descriptor = balancer(
    "AWS CLB",
    &[FAILING, failure::AWS_CLB],
    &Balancer {
        stated_as: Some("aws-clb"),
        table: &service::CLASSIC,
        idle_limits_response: true,
    },
);
/// AWS' Network Load Balancer: it passes connections on and speaks no HTTP.
pub static AWS_NLB: Descriptor = balancer("AWS NLB", &[failure::AWS_NLB], &in_files(&service::NETWORK));
/// A target group of AWS whose load balancer is made elsewhere.
pub static AWS_TARGET_GROUP: Descriptor = balancer(
    "AWS target group",
    &[failure::AWS_TARGET_GROUP],
    &in_files(&OTHER_TABLE),
);
/// Google Cloud's Application Load Balancer.
pub static GOOGLE: Descriptor = balancer(
    "Google Cloud load balancer",
    &[FAILING, failure::GOOGLE],
    &Balancer {
        stated_as: Some("google"),
        ..in_files(&google::TABLE)
    },
);
/// One that gatelint knows nothing of by itself.
pub static OTHER: Descriptor = balancer(
    "load balancer",
    &[FAILING, failure::OTHER],
    &Balancer {
        stated_as: Some("other"),
        ..in_files(&OTHER_TABLE)
    },
);

const fn in_files(table: &'static LazyLock<Table>) -> Balancer {
    Balancer {
        stated_as: None,
        table,
        idle_limits_response: false,
    }
}

const fn balancer(
    name: &'static str,
    failures: &'static [&'static [Failure]],
    balancer: &'static Balancer,
) -> Descriptor {
    Descriptor {
        balancer: Some(balancer),
        ..Descriptor::of(Product {
            name,
            stated_as: None,
            passing: Some(Passing {
                failures: Failures::alike(failures),
                retries: Retries::NONE,
                named_in_paths: true,
            }),
        })
    }
}
