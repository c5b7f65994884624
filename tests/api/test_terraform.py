"""Terraform with its AWS provider 5: apply, an empty plan, destroy. The provider comes from a folder named by TF_MIRROR (as
`terraform providers mirror` makes one) or from where TF_CLI_CONFIG_FILE says; where there is neither, or no Terraform, there is nothing to
test."""
import os
import shutil
import subprocess

import pytest
from server import AMI

MIRROR = os.environ.get("TF_MIRROR", "")
OWN_CONFIG = os.environ.get("TF_CLI_CONFIG_FILE", "")
PROVIDER = """
terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}
provider "aws" {
  region                      = "us-east-1"
  skip_region_validation      = true
  endpoints {
    ec2 = "ENDPOINT"
    sts = "ENDPOINT"
    iam = "ENDPOINT"
  }
}
"""
MACHINE = """
data "aws_ami" "stock" {
  owners      = ["amazon"]
  most_recent = true
  filter {
    name   = "name"
    values = ["amzn2-ami-hvm-*-gp2"]
  }
}
resource "aws_key_pair" "lab" {
  key_name   = "lab"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILod6h/LwzGpVDh1lbb14LVkioY7O8dsr1qBKRexG3Oj lab"
}
resource "aws_security_group" "web" {
  name        = "web"
  description = "for the web"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_instance" "web" {
  ami                    = data.aws_ami.stock.id
  instance_type          = "m5.large"
  key_name               = aws_key_pair.lab.key_name
  vpc_security_group_ids = [aws_security_group.web.id]
  tags                   = { Name = "web" }
}
"""
PEOPLE = """
data "aws_caller_identity" "me" {}
resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 12
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 3
}
resource "aws_iam_user" "pilot" {
  name                 = "pilot"
  path                 = "/crew/"
  permissions_boundary = aws_iam_policy.ceiling.arn
  force_destroy        = true
  tags                 = { Team = "blue" }
}
resource "aws_iam_access_key" "pilot" {
  user = aws_iam_user.pilot.name
}
resource "aws_iam_user_login_profile" "pilot" {
  user                    = aws_iam_user.pilot.name
  password_length         = 16
  password_reset_required = true
}
resource "aws_iam_group" "crew" {
  name = "crew"
  path = "/crew/"
}
resource "aws_iam_user_group_membership" "pilot" {
  user   = aws_iam_user.pilot.name
  groups = [aws_iam_group.crew.name]
}
resource "aws_iam_group_membership" "ground" {
  name  = "ground"
  group = aws_iam_group.ground.name
  users = [aws_iam_user.pilot.name]
}
resource "aws_iam_group" "ground" {
  name = "ground"
}
resource "aws_iam_group_policy_attachment" "crew" {
  group      = aws_iam_group.crew.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_group_policy" "crew" {
  name  = "own-password"
  group = aws_iam_group.crew.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:ChangePassword", Resource = "arn:aws:iam::*:user/$${aws:username}" }]
  })
}
data "aws_iam_policy_document" "ceiling" {
  statement {
    sid       = "Machines"
    actions   = ["ec2:*", "iam:ChangePassword"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["us-east-1", "eu-west-1"]
    }
  }
}
resource "aws_iam_policy" "ceiling" {
  name        = "ceiling"
  path        = "/crew/"
  description = "as far as crew may go"
  policy      = data.aws_iam_policy_document.ceiling.json
  tags        = { Team = "blue" }
}
data "aws_iam_policy_document" "machines" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "machine" {
  name                 = "machine"
  path                 = "/crew/"
  description          = "what machines may do"
  max_session_duration = 7200
  assume_role_policy   = data.aws_iam_policy_document.machines.json
  tags                 = { Team = "blue" }
}
resource "aws_iam_role_policy" "machine" {
  name = "look"
  role = aws_iam_role.machine.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ec2:Describe*", Resource = "*" }]
  })
}
resource "aws_iam_role_policy_attachment" "machine" {
  role       = aws_iam_role.machine.name
  policy_arn = aws_iam_policy.ceiling.arn
}
resource "aws_iam_user_policy" "pilot" {
  name = "home"
  user = aws_iam_user.pilot.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "ec2:TerminateInstances", Resource = "*" }]
  })
}
resource "aws_iam_user_policy_attachment" "pilot" {
  user       = aws_iam_user.pilot.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEC2FullAccess"
}
resource "aws_iam_instance_profile" "machine" {
  name = "machine"
  path = "/crew/"
  role = aws_iam_role.machine.name
  tags = { Team = "blue" }
}
resource "aws_iam_virtual_mfa_device" "pilot" {
  virtual_mfa_device_name = "pilot"
}
resource "aws_iam_account_alias" "school" {
  account_alias = "SCHOOL"
}
resource "aws_iam_openid_connect_provider" "issuer" {
  url             = "https://issuer.example.com/realm"
  client_id_list  = ["groundschool"]
  thumbprint_list = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
}
resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
}
data "aws_iam_policy" "administrator" {
  name = "AdministratorAccess"
}
resource "aws_iam_role" "guest" {
  name = "guest"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Condition = { StringEquals = { "sts:ExternalId" = "42" } }
    }]
  })
}
resource "aws_iam_role_policy_attachment" "guest" {
  role       = aws_iam_role.guest.name
  policy_arn = data.aws_iam_policy.administrator.arn
}
"""


@pytest.fixture
def terraform(account, tmp_path):
    """Terraform in a folder with the configuration given first; then its commands."""
    if not (os.path.isdir(MIRROR) or os.path.isfile(OWN_CONFIG)) or shutil.which("terraform") is None:
        pytest.skip("no Terraform, or neither TF_MIRROR nor TF_CLI_CONFIG_FILE leads to its provider")
    config = OWN_CONFIG
    if MIRROR:
        config = str(tmp_path / "cli.rc")
        (tmp_path / "cli.rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
    env = {**os.environ, "TF_CLI_CONFIG_FILE": config, "AWS_ACCESS_KEY_ID": account.key[0],
           "AWS_SECRET_ACCESS_KEY": account.key[1], "AWS_EC2_METADATA_DISABLED": "true", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

    def run(*words, status=0):
        done = subprocess.run(["terraform", *words, "-no-color"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def configured(text):
        (tmp_path / "main.tf").write_text((PROVIDER + text).replace("ENDPOINT", account.server.endpoint))
        try:
            run("init")
        except AssertionError:
            if MIRROR:
                raise
            pytest.skip("TF_CLI_CONFIG_FILE does not lead to the provider")
        return run
    return configured


# A configuration is applied, planned again without a difference, and destroyed without a rest.
def test_machine(terraform, ec2):
    run = terraform(MACHINE)
    run("apply", "-auto-approve")
    one = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    assert (one["ImageId"], one["State"]["Name"], one["KeyName"]) == (AMI, "running", "lab")
    assert "No changes" in run("plan", "-detailed-exitcode")
    run("destroy", "-auto-approve")
    assert ec2.describe_key_pairs()["KeyPairs"] == [] and len(ec2.describe_security_groups()["SecurityGroups"]) == 1


# The same for users, groups, roles, policies, profiles and credentials: nothing drifts, nothing is left.
def test_people(terraform, account):
    iam = account.client("iam")
    run = terraform(PEOPLE.replace("SCHOOL", f"school-{account.id}"))
    run("apply", "-auto-approve")
    pilot = iam.get_user(UserName="pilot")["User"]
    assert (pilot["Path"], pilot["Tags"]) == ("/crew/", [{"Key": "Team", "Value": "blue"}])
    assert pilot["PermissionsBoundary"]["PermissionsBoundaryArn"] == f"arn:aws:iam::{account.id}:policy/crew/ceiling"
    assert {g["GroupName"] for g in iam.list_groups_for_user(UserName="pilot")["Groups"]} == {"crew", "ground"}
    assert [r["RoleName"] for r in iam.get_instance_profile(InstanceProfileName="machine")["InstanceProfile"]["Roles"]] == ["machine"]
    assert "No changes" in run("plan", "-detailed-exitcode")
    run("destroy", "-auto-approve")
    left = iam.get_account_authorization_details(Filter=["User", "Group", "Role", "LocalManagedPolicy"])
    assert [left[kind] for kind in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")] == [[], [], [], []]
    assert iam.list_account_aliases()["AccountAliases"] == [] and iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
