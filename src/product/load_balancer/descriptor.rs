//! The load balancers of clouds in the list of products.

use std::sync::LazyLock;

use crate::model::Table;
use crate::product::balancer::Balancer;
use crate::product::descriptor::Descriptor;
use crate::product::load_balancer::table::OTHER_TABLE;
use crate::product::load_balancer::{application, google, product, service, target_group};
use crate::product::object::Object;

/// AWS' Application Load Balancer.
pub static AWS_ALB: Descriptor = Descriptor {
    controller: Some(&application::CONTROLLER),
    reader: Some(&application::READER),
    balancer: Some(&Balancer {
        stated_as: Some("aws-alb"),
        table: &application::TABLE,
        idle_limits_response: true,
    }),
    ..Descriptor::of(&product::AWS_ALB)
};
/// AWS' Classic Load Balancer with HTTP listeners. The objects that make one make AWS' Network Load Balancers as well.
pub static AWS_CLB: Descriptor = Descriptor {
    objects: &[Object {
        kind: "Service",
        gateway: service::of_service,
    }],
    balancer: Some(&Balancer {
        stated_as: Some("aws-clb"),
        table: &service::CLASSIC,
        idle_limits_response: true,
    }),
    ..Descriptor::of(&product::AWS_CLB)
};
/// AWS' Network Load Balancer.
pub static AWS_NLB: Descriptor = Descriptor {
    balancer: Some(&in_files(&service::NETWORK)),
    ..Descriptor::of(&product::AWS_NLB)
};
/// A target group of AWS.
pub static AWS_TARGET_GROUP: Descriptor = Descriptor {
    objects: &[Object {
        kind: "TargetGroupBinding",
        gateway: target_group::of_binding,
    }],
    balancer: Some(&in_files(&OTHER_TABLE)),
    ..Descriptor::of(&product::AWS_TARGET_GROUP)
};
/// Google Cloud's Application Load Balancer.
pub static GOOGLE: Descriptor = Descriptor {
    controller: Some(&google::CONTROLLER),
    balancer: Some(&Balancer {
        stated_as: Some("google"),
        ..in_files(&google::TABLE)
    }),
    ..Descriptor::of(&product::GOOGLE)
};
/// One that gatelint knows nothing of by itself.
pub static OTHER: Descriptor = Descriptor {
    balancer: Some(&Balancer {
        stated_as: Some("other"),
        ..in_files(&OTHER_TABLE)
    }),
    ..Descriptor::of(&product::OTHER)
};

const fn in_files(table: &'static LazyLock<Table>) -> Balancer {
    Balancer {
        stated_as: None,
        table,
        idle_limits_response: false,
    }
}
